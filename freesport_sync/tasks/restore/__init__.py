"""The shop as it was before an import (UNDO-1)."""
