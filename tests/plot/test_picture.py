"""Pictures of a region: which lanes there are, what is empty, and that names do not lie on each other."""

import sys
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from helixdask.errors import BadInputError, MissingDependencyError
from helixdask.explore import open_store
from helixdask.store.store import Store
from tests.cli.support import done, helixdask
from tests.example_store import example_store
from tests.small_store import publish, small_store

pytest.importorskip("matplotlib")


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """The example, with a second model and its genes, a track of repeats, and a library without any read."""
    folder = tmp_path_factory.mktemp("plot")
    made = example_store(folder)
    for name in ("class_probability",):
        publish(made, "predictions/tuned", {name: made.read(f"predictions/base/{name}", 0, made.n_bases)})
    table = made.table("genes/reference")
    publish(made, "genes/tuned", table=table, settings={"predictions": "tuned"})
    inside = np.zeros(made.n_bases, np.uint8)
    inside[3000:4000] = 1
    publish(made, "tracks/repeats", {"mask": inside})
    nothing = np.zeros((2, made.n_bases), np.uint32)
    publish(made, "coverage/rnaseq/silent", {"coverage": nothing, "spliced_coverage": nothing})
    return open_store(made.url)


def words(figure):
    return [text.get_text() for axis in figure.axes for text in axis.texts] + [text.get_text() for text in figure.texts]


def lanes(figure):
    """What each lane shows, from the top."""
    return [axis.get_label() for axis in figure.axes]


def test_lanes_and_what_is_empty(store):
    figure = store.plot("one:0-10,000")
    assert lanes(figure) == [
        *("genes/reference", "labels/reference"),
        *("predictions/base", "predictions/tuned", "genes/tuned"),
        *("coverage/rnaseq/leaf", "coverage/rnaseq/root", "tracks/repeats"),
    ]
    (below,) = (text for text in words(figure) if text.startswith("Nothing"))
    sequence = "genome/sequence (no base is soft-masked or unknown)"
    assert below == f"Nothing lies here in: coverage/rnaseq/silent, {sequence}."
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        *("coding", "intron", "UTR", "depth of reads", "spliced across", "inside an interval")
    ]


def test_lanes_that_were_asked_for(store):
    assert lanes(store.plot("one:0-5000", tracks=["coverage/rnaseq/root", "labels", "genes/tuned"])) == [
        *("coverage/rnaseq/root", "labels/reference", "genes/tuned")
    ]
    with pytest.raises(BadInputError, match=r"(?s)no track is called 'nowhere'.*predictions/tuned"):
        store.plot("one:0-5000", tracks=["nowhere"])


def test_a_region_where_nothing_lies(store):
    figure = store.plot("two:59,990-60,000", tracks=["genes", "coverage"])
    assert "genes/reference, genes/tuned, coverage/rnaseq/leaf" in words(figure)[-1]
    assert len(figure.axes) == 1


def test_many_libraries_are_summed_unless_named(tmp_path):
    made, _ = small_store(tmp_path / "s.zarr", [2000])
    reads = np.ones((2, 2000), np.uint32)
    for number in range(7):
        publish(made, f"coverage/all/l{number}", {"coverage": reads, "spliced_coverage": reads * 0})
    figure = open_store(made.url).plot("contig0", tracks=["coverage"])
    assert "coverage\nall\nsum of 7 libraries" in words(figure)
    assert lanes(open_store(made.url).plot("contig0", tracks=["coverage/all/l3"])) == ["coverage/all/l3"]


def test_masks_are_drawn(tmp_path):
    made, tracks = small_store(tmp_path / "s.zarr", [1000])
    figure = open_store(made.url).plot("contig0:0-500", tracks=["labels"])
    hatched = [patch for patch in figure.axes[0].get_children() if getattr(patch, "get_hatch", str)() == "xxxx"]
    assert len(hatched) == 2  # one on each strand
    height = hatched[0].get_xy()[:1000:2, 1]
    np.testing.assert_allclose(height, 1 - tracks["valid"][0, :500])
    assert "masked: not learnt from" in [text.get_text() for text in figure.legends[0].get_texts()]


def test_names_do_not_lie_on_each_other(store):
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure = store.plot("one:0-12,000", tracks=["genes"])
    renderer = FigureCanvasAgg(figure).get_renderer()
    for axis in figure.axes:
        boxes = [text.get_window_extent(renderer) for text in axis.texts]
        assert len(boxes) > 5
        for number, box in enumerate(boxes):
            assert not any(box.overlaps(other) for other in boxes[:number])


def test_files(store, tmp_path):
    for name, begin in (("a.png", b"\x89PNG"), ("a.pdf", b"%PDF"), ("a.SVG", b"<?xml")):
        assert store.plot("one:0-3000", tmp_path / name, tracks=["genes", "labels"]) is None
        assert (tmp_path / name).read_bytes().startswith(begin)
    before = (tmp_path / "a.SVG").read_bytes()
    store.plot("one:0-3000", tmp_path / "a.SVG", tracks=["genes", "labels"])
    assert (tmp_path / "a.SVG").read_bytes() == before
    assert "one: 0-3,000" in "".join(ET.fromstring(before).itertext())
    with pytest.raises(BadInputError, match="End the name in"):
        store.plot("one:0-3000", tmp_path / "a.txt", tracks=["genes"])
    assert store.plot("one:0-3000", tracks=["genes"])._repr_png_().startswith(b"\x89PNG")


def test_no_window_is_opened_and_no_backend_chosen(store):
    import matplotlib as mpl

    before = mpl.rcParams["backend"]
    store.plot("one:0-3000", tracks=["genes"])
    assert mpl.rcParams["backend"] == before


def test_what_is_refused(store, tmp_path, monkeypatch):
    (tmp_path / "g.fa").write_text(">a\nACGT\n")
    done("encode", tmp_path / "g.fa", "-o", tmp_path / "g.zarr", "--species", "x", "--workers", "1", "-q")
    with pytest.raises(BadInputError, match="no genes, labels"):
        open_store(tmp_path / "g.zarr").plot("a")
    monkeypatch.setattr("helixdask.plot.picture.LONGEST", 1000)
    with pytest.raises(BadInputError, match="too many for a picture"):
        store.plot("one:0-1,001")
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingDependencyError, match=r"helixdask\[plot\]"):
        store.plot("one:0-100")


def test_the_command(store, tmp_path):
    picture = tmp_path / "two.png"
    done(
        "inspect",
        store.url,
        "one:0-2000",
        "--plot",
        picture,
        "--tracks",
        "genes/reference,labels",
        "--tracks",
        "tracks",
    )
    assert picture.stat().st_size > 1000
    outcome = helixdask("inspect", store.url, "one:0-2000", "--tracks", "genes")
    assert outcome.code == 2
    assert "--plot" in outcome.err
    outcome = helixdask("inspect", store.url, "one:0-2000", "--plot", tmp_path / "no.png", "--tracks", "nowhere")
    assert outcome.code == 2
    assert not (tmp_path / "no.png").exists()


def test_means_of_pixels_are_those_of_bins(store):
    from helixdask.plot.values import Place

    place = Place.of(store, "one:1,003-7,001", 100)
    assert place.edges[0] == 1003
    assert place.edges[-1] == 7001
    got = place.bins(Store.open(store.url), "coverage/rnaseq/leaf/coverage")
    bins = store.bins(place.width).rnaseq_coverage.isel(rnaseq_library=0)
    first = 1003 // place.width
    np.testing.assert_array_equal(got, bins[:, first : first + got.shape[1]])
