"""A reading, and the figure that holds it."""

from trainability.figures.reading import Reading, figure


def test_a_figure_holds_its_reading_and_what_a_click_sets():
    reading = Reading("slow", "Slow", "After 9 steps: slow.", {"steps": 9})
    pick = {"set": {"steps": "x"}}
    drawn = figure(reading, [{"type": "scatter"}], pick=pick, height=300)
    summary = {"summary": "After 9 steps: slow.", "verdict": "slow", "steps": 9}
    assert drawn["layout"] == {"title": {"text": "Slow"}, "meta": summary | {"pick": pick}} | {
        "height": 300
    }
    assert drawn["data"] == [{"type": "scatter"}]


def test_a_reading_without_a_verdict_leaves_none():
    meta = Reading("", "Sharpness", "Sharpness is 2.", {"sharpness": 2.0}).meta()
    assert meta == {"summary": "Sharpness is 2.", "sharpness": 2.0}
