"""Figures of pages as SVG text: numbers in, markup out.

Nothing is told by colour alone: series differ in dash, marker or fill, sides in the lane they are drawn in. A figure is
340 units wide and is shown at that size, so that its words are as large on a telephone as on a screen; pages put as
many beside each other as fit. Every figure has a text for those who cannot see it.
"""
