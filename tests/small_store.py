"""Small published stores with random tracks, for tests."""

import numpy as np

from helixdask.store.store import Store


def publish(store, group, tracks=None, table=None, dtypes=None, **attrs):
    """Write a group whole, as the engine would."""
    store.begin_group(group)
    if table:
        store.write_table(group, table)
    if tracks:
        store.create_tracks(group, dtypes)
        for name, data in tracks.items():
            store.write_region(f"{group}/{name}", 0, data)
    store.complete_group(group, {"digest": f"digest of {group}", "stage": group.split("/")[0], "inputs": {}, **attrs})


def small_store(folder, lengths, *, seed=0, names=None, order=None, genic=None, quantised=False):
    """A store of random bases, labels with genes, masks and predictions; ``order`` permutes the contigs.

    ``genic`` says which contigs hold genes at all.
    """
    names = [f"contig{i}" for i in range(len(lengths))] if names is None else names
    parts = []
    for i, length in enumerate(lengths):
        rng = np.random.default_rng([seed, i])
        runs = np.repeat(rng.choice(4, size=(2, length // 50 + 1), p=[0.7, 0.1, 0.1, 0.1]), 50, axis=1)[:, :length]
        label = (runs if genic is None or genic[i] else np.zeros_like(runs)).astype(np.uint8)
        probability = rng.dirichlet([0.3] * 4, size=(2, length)).transpose(0, 2, 1)
        parts.append(
            {
                "sequence": rng.integers(0, 5, length).astype(np.uint8),
                "label": label,
                "valid": (rng.random((2, length)) < 0.9).astype(np.uint8),
                "probability": (probability * 255).round().astype(np.uint8)
                if quantised
                else probability.astype(np.float16),
            }
        )
    order = list(range(len(lengths))) if order is None else list(order)
    tracks = {name: np.concatenate([parts[i][name] for i in order], axis=-1) for name in parts[0]}
    store = Store.create(folder, species="test")
    table = {
        "contig_name": np.array([names[i] for i in order], object),
        "contig_length": np.array([lengths[i] for i in order], np.int64),
        "contig_offset": np.cumsum([0, *(lengths[i] for i in order)])[:-1].astype(np.int64),
        "contig_md5": np.zeros((len(order), 16), np.uint8),
    }
    # The contig table first: tracks are created at the genome's length.
    store.begin_group("genome")
    store.write_table("genome", table)
    store.create_tracks("genome")
    store.write_region("genome/sequence", 0, tracks["sequence"])
    store.complete_group("genome", {"digest": "digest of genome"})
    publish(store, "labels/reference", {"label": tracks["label"], "valid": tracks["valid"]})
    dtypes = {"class_probability": str(tracks["probability"].dtype)}
    publish(store, "predictions/base", {"class_probability": tracks["probability"]}, dtypes=dtypes)
    return Store.open(folder), tracks
