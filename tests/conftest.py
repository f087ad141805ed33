"""Type hints of the whole package are checked while the tests run; the hook must be set before its first import."""

from beartype import BeartypeConf
from beartype.claw import beartype_package

beartype_package("s2s", conf=BeartypeConf(is_pep484_tower=True))  # an int is a float, as type checkers have it
