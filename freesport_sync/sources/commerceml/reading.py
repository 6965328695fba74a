"""The reading of one file: the current record, and what the parsers need to know about the shop."""

from __future__ import annotations

from freesport_sync.sources.commerceml.characteristics import forms_of
from freesport_sync.sources.commerceml.current_record import CurrentRecord
from freesport_sync.sources.commerceml.export import SourceFile
from freesport_sync.sources.commerceml.parse_messages import ParseContext
from freesport_sync.sources.commerceml.property_values import PropertyValues


class Reading(CurrentRecord):
    """One file being read.

    Args:
        file: the file.
        context: what is known about the shop.
        property_values: those that this worker has read in the run.
    """

    def __init__(self, file: SourceFile, context: ParseContext, property_values: PropertyValues) -> None:
        super().__init__(file)
        self.kind = file.kind
        self.wanted = context.wanted
        self.has_rests = context.has_rests
        self.price_columns = context.price_columns
        self.price_ranks = context.price_ranks
        self.currencies = context.currencies
        self.price_names = context.price_names
        self.brand_properties = context.brand_properties
        self.property_names = context.property_names
        self.property_forms = {key: forms_of(name)[0] for key, name in context.property_names.items()}
        """`Ид` of a property -> its normalised name."""
        self.colors = tuple((color.lower(), color.capitalize()) for color in context.colors if color)
        self.wants_pictures = context.wants_pictures
        self.property_values = property_values
