"""A pytest plugin: writes how each test ended, as JSON, to the file that the variable OUTCOMES names."""

import json
import os

outcomes = {}


def pytest_runtest_logreport(report):
    is_of_subtest = hasattr(report, "context")
    if report.failed:
        outcomes[report.nodeid] = "failed"
    elif not is_of_subtest and (report.skipped or report.when == "call"):
        outcomes.setdefault(report.nodeid, report.outcome)


def pytest_collectreport(report):
    if report.failed:
        outcomes[report.nodeid] = "failed"


def pytest_sessionfinish():
    with open(os.environ["OUTCOMES"], "w") as file:
        json.dump(outcomes, file)
