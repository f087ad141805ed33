"""Type hints of the whole package are checked while the tests run; the hook must be set before its first import."""

import os

from beartype import BeartypeConf
from beartype.claw import beartype_package

os.environ.setdefault("S2S_VERIFY", "1")  # Core is checked after every pass; read when codegen is first imported
beartype_package("s2s", conf=BeartypeConf(is_pep484_tower=True))  # an int is a float, as type checkers have it
