"""A register of 200,000 assets comes in from a workbook while people look at the board.

`python -m tests.bench.sheet [--rows N]`: seconds, memory of all processes that do it, and the
board's p95 meanwhile against idle.
"""

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import psutil
import xlsxwriter

from tests.bench import town
from tests.bench.__main__ import Table, database
from tests.bench.clockwork import Client, free_port, running
from tickets import embedded
from tickets.migrations import upgrade
from tickets.staff.signed_in import COOKIE

HEADINGS = (
    *("设备编号", "名称", "类型", "上级", "型号", "厂家", "序列号", "功率(W)", "色温", "防护等级"),
    *("安装位置", "纬度", "经度", "坐标系", "安装日期"),
)


def write(path: Path, rows: int) -> None:
    """Cabinets of ten circuits of a hundred lamps, the lamps first: no order is promised."""
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    page = book.add_worksheet()
    page.write_row(0, 0, HEADINGS)
    boxes = max(1, rows // 1011)
    lamps = rows - 11 * boxes
    n = 0
    for lamp in range(lamps):
        n += 1
        circuit = f"NB{lamp // 1000 % boxes:04}-{lamp // 100 % 10}"
        lat, lon = 31.2 + lamp % 5000 / 1e5, 121.4 + lamp // 5000 / 1e5
        grade = ("FL-36", "某某照明", f"SN{lamp:012}", 36, 3000, "IP65")
        place = (f"滨江路{lamp % 900}号", lat, lon, "WGS-84", "2025-09-01")
        page.write_row(n, 0, (f"L-{lamp:06}", "沿江投光灯", "投光灯", circuit, *grade, *place))
    for box in range(boxes):
        n += 1
        page.write_row(n, 0, (f"NB{box:04}", "配电箱", "配电箱"))
        for circuit_no in range(10):
            n += 1
            page.write_row(n, 0, (f"NB{box:04}-{circuit_no}", "回路", "回路", f"NB{box:04}"))
    book.close()


class Watching(threading.Thread):
    """The most memory a process and its children had, in MiB."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.process = psutil.Process(pid)
        self.most = 0.0

    def run(self) -> None:
        while True:
            try:
                tree = [self.process, *self.process.children(recursive=True)]
                now = sum(each.memory_info().rss for each in tree if each.is_running())
            except psutil.Error:
                if not self.process.is_running():
                    return
                continue
            self.most = max(self.most, now / 2**20)
            time.sleep(0.05)


def looked(client: Client, until: float | None, times: int) -> list[float]:
    taken: list[float] = []
    while (len(taken) < times) if until is None else (time.monotonic() < until):
        began = time.perf_counter()
        status, _ = client.ask("GET", "/desk")
        taken.append(time.perf_counter() - began)
        if status != 200:
            sys.exit(f"GET /desk: {status}")
        time.sleep(0.02)
    return taken


def p95(taken: list[float]) -> float:
    return statistics.quantiles(taken, n=20)[-1]


def measure(url: str, folder: Path, sheet: Path, rows: int) -> Table:
    table = Table()
    port = free_port()
    env = {
        "TICKETS_DATABASE_URL": url,
        "TICKETS_DATA_DIR": str(folder),
        "TICKETS_PORT": str(port),
    }
    with ExitStack() as stack:
        env["TICKETS_REDIS_URL"] = stack.enter_context(embedded.redis(folder))
        serve = (sys.executable, "-m", "tickets.cli", "serve")
        stack.enter_context(running(serve, env, folder / "web.log", port))
        client = Client(port, {"Cookie": f"{COOKIE}={town.COOKIE_KEY}", "Accept": "text/html"})
        looked(client, None, 50)
        idle = p95(looked(client, None, 200))
        began = time.monotonic()
        command = (sys.executable, "-m", "tickets.cli", "import", "assets", str(sheet))
        told = stack.enter_context((folder / "told.txt").open("w+"))
        loading = subprocess.Popen(
            (*command, "--project", "BJ-001"), env=os.environ | env, stdout=told
        )
        watching = Watching(loading.pid)
        watching.start()
        taken: list[float] = []
        while loading.poll() is None:
            taken += looked(client, time.monotonic() + 0.5, 0)
        seconds = time.monotonic() - began
        said = (folder / "told.txt").read_text()
        if f"added {rows}" not in said:
            sys.exit(said[-2000:])
        table.single(f"{rows:,} assets out of a workbook", seconds, "s", 60 * rows / 200_000)
        table.single("memory of all that do it", watching.most, "MiB", 500)
        table.single("p95 of the board meanwhile, times idle", p95(taken) / idle, "x", 3)
    return table


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.sheet", description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        sheet = folder / "register.xlsx"
        write(sheet, rows)
        with database(folder) as url:
            asyncio.run(upgrade(url))
            asyncio.run(town.build(url, town.utc_now(), town.Size(20_000, 2_000, 2_000)))
            table = measure(url, folder, sheet, rows)
    print(f"\n{table}\n\ncores: {os.cpu_count()}")  # noqa: T201
    sys.exit(0 if table.is_kept else 1)


if __name__ == "__main__":
    main()
