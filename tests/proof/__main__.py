"""`make proof`: what takes too long for every merge, run again and again, with its figures.

The properties of the rules run with many more examples; the kills and the races run `--rounds`
times, each time on fresh servers; the model of a ticket's clocks takes at least ten thousand
steps, and two people race on one ticket a thousand times. Two workers are killed twenty times
over 500 thresholds, and a night of a thousand S1 calls passes with a third of the channels dead.
A phone meets fourteen failures on each act of the field, and delivers 500 acts with 200 photos over
a bad line.
Figures go to docs/proof.md by hand, with the day and machine.
"""

import argparse
import os
import re
import subprocess
import sys
import time

PROPERTIES = (
    "tests/phone/test_rules.py",
    "tests/project/test_cover.py",
    "tests/project/test_terms_rules.py",
    "tests/round/test_rules.py",
    "tests/sla/test_rules.py",
)
# Its steps are counted by the model itself; it takes 25 for every ten examples asked for.
MODEL = "tests/sla/test_model.py"
RACES = "tests/faults/test_clocks_raced.py"
TOLD = "tests/faults/test_told_once.py"
NIGHT = "tests/faults/test_night.py"
PHONE = ("tests/browser/test_matrix.py", "tests/browser/test_load.py")
COUNTED = ("model:", "races:", "told:", "night:", "phone:", ".phone:")
SUMMARY = re.compile(r"(\d+) (passed|failed|error|errors|skipped)")


def run(what: str, *arguments: str, **environment: str) -> bool:
    """One pytest run; its closing line is what counts, and what it counted itself."""
    began = time.monotonic()
    done = subprocess.run(
        (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments),
        env=os.environ | {"CI": "true"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.monotonic() - began
    closing = ", ".join(f"{n} {word}" for n, word in SUMMARY.findall(done.stdout[-400:]))
    print(f"{what:<40} {seconds:7.1f} s  {closing}", flush=True)  # noqa: T201
    for line in done.stdout.splitlines():
        if line.startswith(COUNTED):
            print(f"  {line}", flush=True)  # noqa: T201
    if done.returncode:
        print(done.stdout[-4000:], done.stderr[-2000:], flush=True)  # noqa: T201
    return done.returncode == 0


def main() -> None:
    parser = argparse.ArgumentParser(prog="make proof", description=__doc__)
    parser.add_argument("--rounds", type=int, default=10, help="of the kills and the races")
    parser.add_argument("--examples", type=int, default=5000, help="of each property")
    parser.add_argument("--races", type=int, default=1000, help="of two people on one ticket")
    asked = parser.parse_args()
    os.environ["AFTERGLOW_EXAMPLES"] = str(asked.examples)
    kept = [run(f"properties, {asked.examples} examples each", *PROPERTIES)]
    model = str(max(asked.examples, 5000))
    kept += [run("the clocks against the oracle", "-s", MODEL, AFTERGLOW_EXAMPLES=model)]
    races = f"two people on one ticket, {asked.races} times"
    kept += [run(races, "-s", RACES, AFTERGLOW_ROUNDS=str(asked.races))]
    kept += [run("500 thresholds, 20 kills", "-s", TOLD, AFTERGLOW_DUE="500", AFTERGLOW_KILLS="20")]
    kept += [run("a night of 1,000 S1 calls", "-s", NIGHT, AFTERGLOW_CALLS="1000")]
    much = {"AFTERGLOW_HELD_ACTS": "500", "AFTERGLOW_HELD_PHOTOS": "200"}
    kept += [run("a phone and its line", "-s", *PHONE, AFTERGLOW_ALL_ACTS="1", **much)]
    kept += [
        run(f"kills and races, round {n + 1} of {asked.rounds}", "tests/faults")
        for n in range(asked.rounds)
    ]
    sys.exit(0 if all(kept) else 1)


if __name__ == "__main__":
    main()
