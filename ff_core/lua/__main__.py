"""``python -m ff_core.lua [--library NAME]`` prints a function library."""

import argparse
import sys

from ff_core.contract import EXTENSION_LIBRARY, LIBRARY
from ff_core.lua.assemble import assemble

parser = argparse.ArgumentParser(prog="python -m ff_core.lua", description="Print a function library.")
parser.add_argument("--library", choices=(LIBRARY, EXTENSION_LIBRARY), default=LIBRARY)
sys.stdout.write(assemble(library=parser.parse_args().library))
