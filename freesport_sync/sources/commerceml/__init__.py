"""1C's CommerceML files turned into rows; the only place that reads XML."""
