# %% [markdown]
# # Mastery of a class
#
# How likely each student's next answer on each concept is right, from 0 to 100.

# %%
import ipywidgets as w
import plotly.graph_objects as go
from dashboard import bars, bars_title, class_names, grid, heatmap, heatmap_title, read, students
from IPython.display import display

frame = read()
choice = w.Dropdown(options=class_names(frame), description="Class")
scores = grid(frame, choice.value)
cells = go.FigureWidget(heatmap(scores, choice.value))
means = go.FigureWidget(bars(scores, choice.value))
table = w.HTML(students(scores).to_html(index=False))


def show(_change: object) -> None:
    name = choice.value
    scores = grid(frame, name)
    with cells.batch_update():
        cells.data[0].z = scores.to_numpy()
        cells.data[0].y = scores.index.to_list()
        cells.layout.title.text = heatmap_title(name)
    with means.batch_update():
        means.data[0].y = scores.mean().to_numpy()
        means.layout.title.text = bars_title(name)
    table.value = students(scores).to_html(index=False)


choice.observe(show, "value")
display(choice)

# %%
display(cells)

# %%
display(means)

# %%
display(table)
