"""What every test here needs: the folders on the path, and a model that is exported, served and compared."""
import os
import sys

import numpy as np
import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGE = os.path.abspath(os.path.join(HERE, "../../python"))
sys.path[:0] = [HERE, os.path.join(HERE, "../Clients"), PACKAGE]
# Programs that tests start find the package, too.
os.environ["PYTHONPATH"] = PACKAGE
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from upconv_export.reference_model import DEVIATIONS, compare, worst_deviation  # noqa: E402
from upconv_server import UpconvServer  # noqa: E402


@pytest.fixture
def check(tmp_path):
    """Writes a chain as a model and compares it with the framework's output; then serves it, and compares that."""
    def check(chain, x, framework, served=True):
        framework = np.asarray(framework)
        folder = tmp_path / "models" / "decoder" / "1"
        chain.write(folder, replace=True)
        exact, variance = compare(folder, x, framework)
        if not served:
            return
        with UpconvServer(tmp_path / "models") as server:
            got = server.infer("decoder", x)
        assert got.shape == framework.shape
        worst = worst_deviation(got, exact, variance)
        assert worst <= DEVIATIONS, f"off by {worst} standard deviations"
    return check
