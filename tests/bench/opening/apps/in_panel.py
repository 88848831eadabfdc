"""The dashboard in Panel: `panel serve in_panel.py`."""

import panel as pn
from dashboard import HEADING, SENTENCE, bars, class_names, grid, heatmap, read, students

pn.extension("plotly")

frame = pn.cache(read)()
choice = pn.widgets.Select(name="Class", options=class_names(frame))
scores = pn.bind(grid, frame, choice)

pn.Column(
    f"# {HEADING}",
    SENTENCE,
    choice,
    pn.pane.Plotly(pn.bind(heatmap, scores, choice), sizing_mode="stretch_width"),
    pn.pane.Plotly(pn.bind(bars, scores, choice), sizing_mode="stretch_width"),
    pn.pane.DataFrame(pn.bind(students, scores), index=False),
    sizing_mode="stretch_width",
).servable(title=HEADING)
