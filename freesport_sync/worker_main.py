"""The second executable of the frozen program: `multiprocessing` starts it, nobody else has a use for it."""

from multiprocessing import freeze_support

if __name__ == "__main__":
    freeze_support()
