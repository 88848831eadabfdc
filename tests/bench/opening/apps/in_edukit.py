# %% [markdown]
# # Mastery of a class
#
# How likely each student's next answer on each concept is right, from 0 to 100.

# %%
import ipywidgets as w
from dashboard import bars, class_names, grid, heatmap, read, students
from IPython.display import display

from edukit.ui.chart import Chart
from edukit.ui.widgets import Panel

frame = read()
choice = w.Dropdown(options=class_names(frame), description="Class")
cells, means, table = Chart(), Chart(), Panel()


def show(_change: object = None) -> None:
    name = choice.value
    scores = grid(frame, name)
    cells.show(heatmap(scores, name))
    means.show(bars(scores, name))
    table.html = students(scores).to_html(index=False)


show()
choice.observe(show, "value")
display(choice)

# %%
display(cells)

# %%
display(means)

# %%
display(table)
