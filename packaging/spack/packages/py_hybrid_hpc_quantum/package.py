# Use it from a clone:
#   spack repo add packaging/spack
#   spack dev-build py-hybrid-hpc-quantum@0.1.0 ^mpich
# Qiskit and Aer come from pip, beside the package: Spack's own recipes are of older versions.
# Not tried yet; see packaging/README.md.
from spack.package import *
from spack_repo.builtin.build_systems.python import PythonPackage


class PyHybridHpcQuantum(PythonPackage):
    """Variational quantum algorithms on a laptop or a supercomputer: the same script, the same
    bits."""

    license("Apache-2.0")
    maintainers()

    version("0.1.0")

    variant("mpi", default=True, description="Run on several ranks")

    depends_on("cxx", type="build")
    depends_on("python@3.11:", type=("build", "run"))
    depends_on("py-scikit-build-core@0.10:", type="build")
    depends_on("py-nanobind@2.4:", type="build")
    depends_on("cmake@3.20:", type="build")

    depends_on("py-numpy@2", type=("build", "run"))
    depends_on("py-scipy@1.16:1", type=("build", "run"))
    depends_on("py-mpi4py@4.1:4", type=("build", "run"), when="+mpi")
    depends_on("py-rustworkx@0.15:0", type=("build", "run"))
    depends_on("py-networkx@3.2:3", type=("build", "run"))
    depends_on("py-msgpack@1", type=("build", "run"))
    depends_on("py-greenlet@3", type=("build", "run"))
    depends_on("py-threadpoolctl@3.5:3", type=("build", "run"))
    depends_on("py-pydantic@2.7:2", type=("build", "run"))
    depends_on("py-typer@0.19:0", type=("build", "run"))
    depends_on("py-rich@13:15", type=("build", "run"))
    depends_on("py-platformdirs@4", type=("build", "run"))

    # The kernels choose their instruction set when they are imported; Spack's flags would fix one.
    def flag_handler(self, name, flags):
        return (None, None, flags) if name == "cxxflags" else (flags, None, None)

    @run_after("install")
    def install_qiskit(self):
        python = which("python3")
        python(
            "-m",
            "pip",
            "install",
            "--target",
            self.prefix.join("qiskit"),
            "--no-deps",
            "qiskit>=2.6.1,<3",
            "qiskit-aer>=0.17.1,<1",
            "stevedore",
            "dill",
        )

    def setup_run_environment(self, env):
        env.prepend_path("PYTHONPATH", self.prefix.qiskit)
