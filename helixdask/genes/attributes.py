"""Keys of a gene's attributes, which are JSON, that later steps read."""

from __future__ import annotations

import json
from typing import Final

import numpy as np
from numpy.typing import NDArray

from helixdask.genes.models import GeneModels

MASKED: Final = "masked"
"""Why the whole gene must not be learnt from: the code of a finding."""
TRANSL_TABLE: Final = "transl_table"
"""Number of NCBI's genetic code that the gene is translated with (int); without it nothing was said."""
TRANSLATION_EXCEPTION: Final = "translation_exception"
"""Why the gene's translation does not follow the rules, in the file's words: ribosomal slippage and the like."""
PARTIAL: Final = "partial"
"""True where the file says that the gene is not complete."""
PSEUDO: Final = "pseudo"
"""True where the file says that the gene is a pseudogene."""
BIOTYPE: Final = "biotype"
"""What the file calls the kind of gene: ``protein_coding`` and so on."""


def masked_reasons(models: GeneModels) -> NDArray[np.object_]:
    """Why each gene is masked as a whole, ``(gene,)`` text; empty for those that are not."""
    return _values(models, MASKED, "")


def translation_tables(models: GeneModels, default: int = 1) -> NDArray[np.int16]:
    """Number of the genetic code of each gene, ``(gene,)`` int16; ``default`` where the file says nothing."""
    return _values(models, TRANSL_TABLE, default).astype(np.int16)


def translation_exceptions(models: GeneModels) -> NDArray[np.object_]:
    """Why each gene's translation does not follow the rules, ``(gene,)`` text; empty for those that do."""
    return _values(models, TRANSLATION_EXCEPTION, "")


def _values(models: GeneModels, key: str, default: object) -> NDArray[np.object_]:
    texts = models.genes["attributes"].to_numpy(object)
    quoted = f'"{key}"'
    out = np.empty(len(texts), object)
    out[:] = [json.loads(text).get(key, default) if quoted in text else default for text in texts]
    return out
