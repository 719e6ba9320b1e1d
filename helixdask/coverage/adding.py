"""Adding libraries to a set, all or none, and removing one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace as changed
from typing import Final

from helixdask.coverage.alignment_stage import AlignmentStage
from helixdask.coverage.kinds import ALIGNMENTS, TRANSCRIPT_READS
from helixdask.coverage.libraries import AUTO, Library, check_names
from helixdask.coverage.library_stage import LibraryStage
from helixdask.coverage.protocol import resolved
from helixdask.coverage.ready_made import ReadyMadeStage
from helixdask.coverage.settings import CoverageSettings
from helixdask.coverage.stage import CoverageStage
from helixdask.engine.identity import file_identity, same_identity
from helixdask.engine.removal import remove_group
from helixdask.engine.same_work import differences, in_words
from helixdask.engine.settle import work_folder
from helixdask.errors import AlreadyExistsError, BadInputError, MissingInputError
from helixdask.names.needed import aliases_of
from helixdask.settings import Rules
from helixdask.store.lineage import provenance
from helixdask.store.store import Store

_FILES: Final = ("bam", "path", "minus_path")
"""Inputs of a library that are its files."""


def plan_libraries(
    store: Store, libraries: Sequence[Library], settings: CoverageSettings | None = None, *, replace: bool = False
) -> list[LibraryStage]:
    """Check all libraries, find out the protocols that are `auto`, and return a stage for each.

    Parameters
    ----------
    store
        The store; it holds the genome.
    libraries
        What is to be added.
    settings
        The set, and how to count; None: the defaults.
    replace
        Whether libraries that are there already, made otherwise, may be made anew.

    Raises
    ------
    BadInputError
        If any library cannot be counted, or its file is in the set under another name.
    AlreadyExistsError
        If a name is taken, and `replace` is not set.
    """
    settings = settings or CoverageSettings()
    check_names(libraries, "the libraries")
    _check_files_are_new(store, libraries, settings.set_name)
    for library in libraries:
        stated = changed(library, strandedness="unstranded") if library.strandedness == AUTO else library
        stage_of(stated, settings).inputs(store)
    names = aliases_of(settings.aliases, store.contigs)
    stages = [stage_of(resolved(store, library, names), settings) for library in libraries]
    for stage in stages:
        attrs = store.attrs(stage.group())
        is_there = attrs.get("complete") is True
        found = differences(stage, attrs, stage.inputs(store)) if is_there else []
        if isinstance(stage, AlignmentStage) and len(stages) > 1 and (found or not is_there):
            stage.read(store)  # a bad row is told of before another library is counted
        if found and not replace:
            raise AlreadyExistsError(
                f"coverage/{settings.set_name} has a library `{stage.library}` already, "
                f"made otherwise: {in_words(found)}",
                where=store.url,
                remedy="Give the new one another name (in a sheet, --libraries), or pass --replace.",
            )
    return stages


def remove_library(store: Store, set_name: str, name: str) -> None:
    """Take a library out of a set, with what an interrupted run may have left of it.

    Raises
    ------
    MissingInputError
        There is none of that name.
    BadInputError
        The store is read-only.
    """
    group = f"coverage/{set_name}/{name}"
    work = work_folder(store.url, group)
    there = store.names(f"coverage/{set_name}")
    if "/" in name or not (store.attrs(group) or work.names()):
        raise MissingInputError(
            f"coverage/{set_name} has no library `{name}`",
            where=store.url,
            remedy=f"It has: {', '.join(there) or 'none'}. Other sets: --name.",
        )
    remove_group(store, group)


def stage_of(library: Library, settings: CoverageSettings) -> LibraryStage:
    """Stage of a library as it is stated, unchecked.

    Raises
    ------
    BadInputError
        The rules know no such libraries.
    """
    if settings.rules == Rules.HELIXER and library.kind not in (*TRANSCRIPT_READS, "atac"):
        raise BadInputError(
            f"the rules `helixer` know no libraries of kind `{library.kind}`",
            where=library.path,
            remedy="Use the default rules. Helixer counts whole reads (rnaseq), or with --shift those of kind atac.",
        )
    if library.kind == ALIGNMENTS:
        return AlignmentStage.of(library, settings.set_name, settings.aliases)
    if library.is_ready_made:
        return ReadyMadeStage.of(library, settings.set_name, settings.aliases)
    return CoverageStage.of(library, **vars(settings))


def _check_files_are_new(store: Store, libraries: Sequence[Library], set_name: str) -> None:
    """Refuse a file whose content is in the set under another name, wherever it lies and whatever it is called."""
    there = {
        name: [
            str(identity)
            for field, identity in provenance(store, f"coverage/{set_name}/{name}").inputs.items()
            if field in _FILES
        ]
        for name in store.names(f"coverage/{set_name}")
    }
    for library in libraries:
        others = {name: known for name, known in there.items() if name != library.name and known}
        for path in library.paths.values() if others else ():
            identity = file_identity(path)
            name = next((name for name, known in others.items() if any(same_identity(k, identity) for k in known)), "")
            if name:
                raise BadInputError(
                    f"{path} is in coverage/{set_name} already, as library `{name}`",
                    where=store.url,
                    remedy=f"Leave it out, or remove the other first: helixdask coverage STORE --remove {name}",
                )
