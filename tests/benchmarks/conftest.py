"""The benchmarks are run as programs too, so they find one another by folder."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
