"""The web server: Voilà with edukit around it."""

import sys

# jsonschema, by which Jupyter reads notebooks, would build a grammar of international addresses when it is imported:
# a second of every start, for formats ("iri", "iri-reference") that no notebook and no event has. It does without.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
