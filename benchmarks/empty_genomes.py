"""What is kept of a genome that is nearly empty: the cap, the quotas, and how well it stands for all there is.

    python benchmarks/empty_genomes.py STORE [--windows NAME] [--draws 300000]

STORE holds labels, predictions and windows of real sequence. From its windows, genomes are drawn (with replacement) of
which 90 and 99 % of the windows are fully intergenic. Kolmogorov-Smirnov distances are those of the kept windows of a
stratum from all of it, beside the median of 20 random draws of as many; ``by rank alone`` is the selection that does
not compare windows with their likes.
"""

from __future__ import annotations

import argparse

import numpy as np

SEED = 2
CONTIGS = 12


def distance(some: np.ndarray, everything: np.ndarray) -> float:
    """Kolmogorov-Smirnov distance of some values from all of them."""
    at = np.sort(everything)
    one, other = (np.searchsorted(np.sort(values), at, "right") / len(values) for values in (some, everything))
    return float(np.abs(one - other).max())


def drawn(table, empty: float, n: int):
    """So many windows, of which a share is empty, on contigs of their own, with their measures."""
    from helixdask.selection.on_tables import usable_windows

    rng = np.random.default_rng([SEED, round(1000 * empty)])
    usable = usable_windows(table, None)
    is_empty = table["class_count"].to_numpy()[:, 1:].sum(axis=1) == 0
    n_empty = round(empty * n)
    rows = np.concatenate([rng.choice(np.flatnonzero(usable & (is_empty == which)), many)
                           for which, many in ((True, n_empty), (False, n - n_empty))])  # fmt: skip
    some = table.isel(window=rng.permutation(rows))
    length = table.attrs["window_length"]
    start = np.arange(n) // CONTIGS * length
    size = (some["end"] - some["start"]).to_numpy()
    return some.drop_vars("contig_name").assign_coords(
        contig=("window", (np.arange(n) % CONTIGS).astype(np.int32)),
        start=("window", start),
        end=("window", start + size),
        contig_name=("contig_row", np.array([f"chr{i}" for i in range(CONTIGS)], object)),
    )


def main() -> None:
    """Read the command line, draw, select, and print a row for each stratum."""
    from helixdask.selection.select_on_tables import select
    from helixdask.selection.table import read_table
    from helixdask.store.store import Store

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store")
    parser.add_argument("--windows")
    parser.add_argument("--draws", type=int, default=300_000)
    args = parser.parse_args()
    store = Store.open(args.store)
    table = read_table(store, store.resolve("windows", args.windows))
    print("| empty | asked for | stratum | windows | kept | off the quota, windows | GC | gene length | repeats "
          "| GC, by rank alone | contigs |\n|" + "---|" * 11)  # fmt: skip
    for empty in (0.9, 0.99):
        windows = drawn(table, empty, args.draws)
        size = (windows["end"] - windows["start"]).to_numpy()
        genic = windows["class_count"].to_numpy()[:, 1:].sum(axis=1)
        measures = [windows["gc"].to_numpy(), genic / np.maximum(windows["genes"].to_numpy(), 1),
                    windows["soft_masked"].to_numpy()]  # fmt: skip
        mean = windows["class_distance"].sum("label_class").to_numpy() / size
        for fraction in (0.2, 0.01):
            made = select(windows, fraction)
            plain = select(windows, fraction, by=mean)["kept"].to_numpy()
            kept, stratum, contig = (made[name].to_numpy() for name in ("kept", "stratum", "contig"))
            rng = np.random.default_rng(SEED)
            total = sum(each["kept_bases"] for each in made.attrs["strata"])
            for number, each in enumerate(made.attrs["strata"]):
                mine = np.flatnonzero(stratum == number)
                some = mine[kept[mine]]
                cells = []
                for values in measures:
                    chance = np.median([distance(values[rng.choice(mine, len(some), replace=False)], values[mine])
                                        for _ in range(20)])  # fmt: skip
                    cells.append(f"{distance(values[some], values[mine]):.3f} ({chance:.3f})")
                alone = distance(measures[0][mine[plain[mine]]], measures[0][mine])
                off = (each["kept_bases"] - min(each["wanted_bases"], each["available_bases"])) / size.max()
                shares = (np.bincount(contig[of], size[of], minlength=CONTIGS) / size[of].sum() for of in (some, mine))
                print(f"| {empty:.0%} | {fraction:.0%} | {each['name']} | {len(mine):,} | {len(some):,} | {off:+.2f} |",
                      " | ".join(cells), f"| {alone:.3f} | {np.abs(np.subtract(*shares)).max():.3f} |")  # fmt: skip
            share = made.attrs["strata"][-1]["kept_bases"] / total
            print(f"| {empty:.0%} | {fraction:.0%} | fully intergenic share of what is kept: {share:.4f} |", flush=True)


if __name__ == "__main__":
    main()
