import pytest

from foresee.planner import build, experiment, report

SMALL = ["scenes.count=3", "planner.candidates=16", "planner.iterations=1", "env.steps=20", "films=1"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("report") / "rail <b>"
    experiment.run(build.load("rail", SMALL), out)
    return out


def test_the_page_needs_nothing_else_and_escapes_what_it_shows(folder):
    page = report.report(folder).read_text()
    assert "rail &lt;b&gt;" in page and "rail <b>" not in page
    assert "data:image/gif;base64," in page
    assert "http" not in page and "<script" not in page


def test_imagined_success_stands_beside_real_success_before_anything_else(folder):
    page = report.report(folder).read_text()
    assert page.index("imagined success") < page.index("real success") < page.index("Methods</h2>")


def test_a_report_can_be_made_anew_without_doubling_its_events(folder):
    report.report(folder)
    report.report(folder)
    assert len(list((folder / "events").iterdir())) == 1


def test_a_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no summary\.json"):
        report.report(tmp_path)


@pytest.mark.parametrize(
    ("rate", "text", "interval"),
    [
        ({"k": 75, "n": 100, "rate": 0.75, "low": 0.657, "high": 0.825}, "75 %", "66–82 %, 75 of 100"),
        ({"k": 0, "n": 0, "rate": None, "low": 0.0, "high": 1.0}, "–", ""),
        (None, "–", ""),
    ],
)
def test_a_rate_reads_as_people_say_it(rate, text, interval):
    assert report.percent(rate) == text
    assert report.interval(rate) == interval
