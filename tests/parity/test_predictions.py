"""Predictions of Helixer's models equal those that Helixer made, base by base (float16 there, so within 5e-4)."""

import functools

import h5py
import numpy as np
import pytest

from helixdask.sequence.codes import text_to_codes
from helixdask.trainer.network.describe import describe_model
from helixdask.trainer.prediction.merge import add_predictions, count_contributions
from helixdask.trainer.prediction.predictor import Predictor
from helixdask.windows.cut import COVERAGE_PADDING, PADDING, WindowLayout, cut
from helixdask.windows.plan import WindowRule, plan_windows

pytestmark = [pytest.mark.shared, pytest.mark.slow]

SPECS = {
    "fullsize.nooptim": (4, 96, 10, 9, 3, 128, 0, 0, 2_105_672),
    "overfit": (2, 32, 10, 9, 2, 48, 0, 0, 203_784),
    "small": (2, 16, 10, 9, 2, 16, 0, 0, 32_552),
    "small.ft": (2, 16, 10, 9, 2, 16, 0, 0, 32_552),
    "small.ft.cov1": (2, 16, 10, 9, 1, 16, 1, 0, 27_576),
    "small.ft.cov1.hid": (2, 16, 10, 9, 1, 16, 1, 16, 25_944),
}


@pytest.mark.parametrize("model", SPECS)
def test_the_network_is_read_off_the_file(golden, model):
    from helixdask.trainer.network.model_file import load_model

    loaded = load_model(golden / f"models/{model}.h5")
    spec = loaded.spec
    found = (spec.cnn_layers, spec.filter_depth, spec.kernel_size, spec.pool_size, spec.lstm_layers, spec.units)
    assert (*found, spec.n_libraries, spec.hidden_units, loaded.network.count_params()) == SPECS[model]
    assert spec.predict_phase
    assert loaded.card["class_weights"] == [0.7, 1.6, 1.2, 1.2]


def fasta(path):
    records = [record.split("\n", 1) for record in path.read_text().split(">")[1:]]
    return {head.split()[0]: text_to_codes("".join(body.split())) for head, body in records}


def tracks(rows, start_ends, seqids, contigs):
    """Golden rows as tracks in plus orientation: (contig, 2, 4, length) by name. Padded minus rows have it in front."""
    out = {name: np.full((2, 4, len(codes)), np.nan, np.float32) for name, codes in contigs.items()}
    for row, (start, end), name in zip(rows, start_ends, seqids, strict=True):
        track = out[name.decode()]
        if start < end:
            track[0, :, start:end] = row[: end - start].T
        else:
            track[1, :, end:start] = row[len(row) - (start - end) :][::-1].T
    return out


def predict(predictor, shape, rule, contigs, coverage=None):
    names, lengths = list(contigs), np.array([len(codes) for codes in contigs.values()])
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    codes = np.concatenate(list(contigs.values()))
    batch_size = shape[0]
    windows = plan_windows(offsets[:-1], lengths, np.zeros_like(lengths), lengths, rule)
    totals = [np.zeros((2, 4, len(codes)), np.float32) for _ in range(2)]
    counts = np.zeros((2, len(codes)), np.uint16)
    count_contributions(counts, 0, windows)
    for first in range(0, len(windows), batch_size):
        batch = windows.take(slice(first, first + batch_size))
        position, size, strand = (column.tolist() for column in batch.spans)
        rows, layout = range(len(batch)), WindowLayout(shape[1])
        x = np.full(shape, PADDING, np.uint8)
        cut(x, codes[None], zip(rows, [0] * len(rows), position, size, strand, strict=True), layout, bases=True)
        c = None if coverage is None else np.full((*shape, len(coverage)), COVERAGE_PADDING, np.float32)
        for channel, values in enumerate(coverage or ()):
            cut(c[..., channel], values, zip(rows, strand, position, size, strand, strict=True), layout)
        for total, predicted in zip(totals, predictor(x, c), strict=True):
            add_predictions(total, 0, predicted, batch)
    split = [np.split(total / counts[:, None], offsets[1:-1], axis=-1) for total in totals]
    return [dict(zip(names, parts, strict=True)) for parts in split]


CASES = [
    ("small", "mini30.small.noov", {"overlap": False}),
    ("small", "mini30.small.ov", {"overlap": True, "offset": 2136, "core_length": 4272}),
    ("small.ft", "mini30.small.ft.noov", {"overlap": False}),
    ("fullsize.nooptim", "mini30.fullsize.ov", {"overlap": True}),
    ("small.ft.cov1", "mini30.cov1.noov", {"overlap": False}),
    ("small.ft.cov1", "mini30.cov1.ov", {"overlap": True}),
    ("small.ft.cov1.hid", "mini30.cov1.hid.noov", {"overlap": False}),
    ("small.ft.cov1.hid", "mini30.cov1.hid.ov", {"overlap": True}),
    ("overfit", "overfit.ov", {"overlap": True}),
    ("overfit", "overfit.noov", {"overlap": False}),
    ("overfit", "overfit.multi.2160.geenuff_order.ov", {"overlap": True}),
]
GENOMES = {
    "mini30": ("inputs/mini30.fa", "coverage/mini30.sim1.second.h5"),
    "overfit.multi": ("inputs/multi.fa", "geenuff2h5/multi.2160.h5"),
    "overfit": ("inputs/mini_test_data.fa", "fasta2h5/mini.6408.h5"),
}


@pytest.fixture(scope="module")
def predictor(golden):
    """Predictors by model: making the graph of one takes longer than most predictions here."""

    @functools.cache
    def of(model):
        path = golden / f"models/{model}.h5"
        return Predictor(str(path), describe_model(path).digest, "log", 1)

    return of


@pytest.mark.parametrize(("model", "name", "options"), CASES)
def test_predictions_equal_helixers(golden, predictor, model, name, options):
    genome, h5 = next(files for prefix, files in GENOMES.items() if name.startswith(prefix))
    contigs = fasta(golden / genome)
    with h5py.File(golden / h5) as file:
        start_ends, seqids = file["data/start_ends"][:], file["data/seqids"][:]
        contigs = {n: contigs[n] for n in dict.fromkeys(s.decode() for s in seqids)}
        coverage = None
        if "cov" in model:
            coverage = []
            for track in ("rnaseq_coverage", "rnaseq_spliced_coverage"):
                parts = tracks(np.repeat(_rotated(file, track), 4, axis=-1), start_ends, seqids, contigs)
                coverage.append(np.concatenate([part[:, 0] for part in parts.values()], axis=-1).astype(np.uint32))
    with h5py.File(golden / f"predictions/{name}.h5") as file:
        rows = [file[key][:].astype(np.float32) for key in ("predictions", "predictions_phase")]
    length = rows[0].shape[1]
    found = predict(predictor(model), (8, length), WindowRule.of(length, **options), contigs, coverage)
    for output, golden_rows in zip(found, rows, strict=True):
        for contig, expected in tracks(golden_rows, start_ends, seqids, contigs).items():
            assert not np.isnan(expected).any()
            np.testing.assert_allclose(output[contig], expected, rtol=0, atol=5e-4, err_msg=contig)


def _rotated(file, track):
    """Coverage rows with the padding of minus rows moved to the front, where predictions have it."""
    rows = file[f"evaluation/{track}"][:]
    for row, (start, end) in zip(rows, file["data/start_ends"][:], strict=True):
        if start > end:
            row[:] = np.roll(row, len(row) - (start - end), axis=0)
    return rows


def test_released_files_with_their_older_layer_names_load(golden, tmp_path):
    """A file with the architecture and layer names of a released model, and weights of another with ours."""
    config = (golden / "models/land_plant_v0.3_a_0100.model_config.json").read_text()
    path = tmp_path / "land_plant_v0.3_a_0100.h5"
    with h5py.File(golden / "models/fullsize.nooptim.h5") as source, h5py.File(path, "w") as target:
        source.copy("model_weights", target)
        target.attrs["model_config"] = config
    renamed, plain = describe_model(path), describe_model(golden / "models/fullsize.nooptim.h5")
    assert renamed.spec == plain.spec
    assert renamed.card["inference_window"] == 64_152
    assert renamed.card["name"] == "land_plant_v0.3_a_0100"
