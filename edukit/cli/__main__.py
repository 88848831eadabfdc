"""``python -m edukit.cli``: the same as ``edukit``."""

from edukit.cli import main

main()
