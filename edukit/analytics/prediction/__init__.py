"""Predicting the next answer from a student's earlier ones, and from that what is mastered.

``attempts`` codes a table of attempts; ``history`` keeps what is known of each student, and ``recording`` what one
attempt changes in it; ``tables`` counts how items and concepts were answered, out of fold; ``trees`` and ``logistic``
are the two kinds of model; ``calibration`` measures and mends probabilities; ``model`` joins them; ``ability`` gives
the score that is shown, with its interval; ``storage`` keeps a model as JSON; ``backtest`` compares it all with
simple baselines.
"""
