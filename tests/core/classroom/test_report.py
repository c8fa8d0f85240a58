from core.classroom.report import Entry, ReportBar, html_report


def test_the_report_escapes_what_people_wrote() -> None:
    entry = Entry(title="<script>alert(1)</script>", answer="a & b", outcome="Right.", verdict='"16.6 s"')
    document = html_report("a <machine>", "20 November 2026", "1 of 11", [entry])
    assert "<script>" not in document
    assert "&lt;script&gt;" in document and "a &amp; b" in document and "a &lt;machine&gt;" in document


def test_bars_are_drawn_relative_to_the_longest() -> None:
    bars = [ReportBar("repeat 1", "20 s", 20.0, is_cold=True), ReportBar("repeat 2", "10 s", 10.0)]
    document = html_report("m", "d", "s", [Entry("Q4", "", "", "", bars_title="Time", bars=bars)])
    assert 'class="bar cold"><span>repeat 1</span><i style="width:100.0%">' in document
    assert '<i style="width:50.0%"></i><span>10 s</span>' in document


def test_the_report_loads_nothing_and_runs_nothing() -> None:
    document = html_report("m", "d", "s", [])
    assert "http" not in document and "<script" not in document and "src=" not in document
