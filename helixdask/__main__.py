"""``python -m helixdask``: the installed command ``helixdask``, by another name."""

from importlib.metadata import distribution

if __name__ == "__main__":
    distribution("helixdask").entry_points["helixdask"].load()()
