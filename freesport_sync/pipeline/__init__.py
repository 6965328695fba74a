"""The one path of an import: plan, stage, merge, report."""
