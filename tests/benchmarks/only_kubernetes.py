"""The baseline for kinds that a controller brings: ktui as if it knew none of them."""

import ktui.__main__
from ktui.kinds.registry import EXTENSIONS

if __name__ == "__main__":
    EXTENSIONS.clear()
    ktui.__main__.main()
