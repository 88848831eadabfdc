"""The dashboards' server, for tests: a folder of theirs, with what they tell its kernel manager."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from edukit.ops.stores import open_stores
from edukit.serving.application import Dashboards, Served, bind, configuration
from edukit.serving.door import door
from edukit.serving.environment import hide_credentials
from edukit.settings import Settings


def main(notebooks: str, told: str) -> None:
    """Serve a folder on any port, which is printed."""
    settings = Settings.from_environment()
    with open_stores(settings) as stores:
        hide_credentials()
        served = Served(Path(notebooks), "tests", stores, door(stores, settings))
        config = configuration(served)
        for name, value in json.loads(told).items():
            config.MappingKernelManager[name] = value
        application = Dashboards(config=config)
        application.take(bind(0), served, lambda: print(application.port, flush=True))
        application.initialize([])
        application.start()


if __name__ == "__main__":
    main(*sys.argv[1:])
