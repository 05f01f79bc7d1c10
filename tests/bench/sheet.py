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
import threading
import time
from pathlib import Path

import psutil
import xlsxwriter

from tests.bench import town
from tests.bench.clockwork import Client
from tests.bench.table import Table, desk, place

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


def measure(table: Table, url: str, folder: Path, sheet: Path, rows: int) -> None:
    with desk(url, folder) as here:
        looked(here.person, None, 50)
        idle = p95(looked(here.person, None, 200))
        began = time.monotonic()
        command = (sys.executable, "-m", "tickets.cli", "import", "assets", str(sheet))
        with (folder / "told.txt").open("w+") as told:
            loading = subprocess.Popen(
                (*command, "--project", "BJ-001"), env=os.environ | here.env, stdout=told
            )
            watching = Watching(loading.pid)
            watching.start()
            taken: list[float] = []
            while loading.poll() is None:
                taken += looked(here.person, time.monotonic() + 0.5, 0)
        seconds = time.monotonic() - began
        said = (folder / "told.txt").read_text()
        if f"added {rows}" not in said:
            sys.exit(said[-2000:])
        table.single(f"{rows:,} assets out of a workbook", seconds, "s", 60 * rows / 200_000)
        table.single("memory of all that do it", watching.most, "MiB", 500)
        table.single("p95 of the board meanwhile, times idle", p95(taken) / idle, "x", 3)


def alone(table: Table, rows: int) -> None:
    with place() as (url, folder):
        sheet = folder / "register.xlsx"
        write(sheet, rows)
        asyncio.run(town.build(url, town.utc_now(), town.Size(20_000, 2_000, 2_000)))
        measure(table, url, folder, sheet, rows)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.sheet", description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    table = Table()
    alone(table, parser.parse_args().rows)
    table.close()


if __name__ == "__main__":
    main()
