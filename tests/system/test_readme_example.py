"""The README's example of the test kit, as it stands there: in a container of its own."""

import pytest

from tests.support.readme import compiled

pytestmark = pytest.mark.container


def test_it_holds_as_it_stands_in_the_readme() -> None:
    exec(compiled(), {})
