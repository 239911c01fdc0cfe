# Two commands on a fresh clone: `make demo` and `make test`.
# They need python >= 3.11, a C++20 compiler and make, and set up .venv by themselves.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# An MPI that the machine has is used; else the mpich wheel brings one into .venv.
SYSTEM_MPIEXEC := $(shell command -v mpiexec 2>/dev/null)
MPIEXEC := $(or $(SYSTEM_MPIEXEC),$(BIN)/mpiexec)
comma := ,
EXTRAS := chemistry$(if $(SYSTEM_MPIEXEC),,$(comma)mpi)

# Open MPI refuses to start as root, or more ranks than cores, unless it is told that this is meant.
export OMPI_ALLOW_RUN_AS_ROOT := 1
export OMPI_ALLOW_RUN_AS_ROOT_CONFIRM := 1
export PRTE_MCA_rmaps_default_mapping_policy := :oversubscribe

SOURCES := pyproject.toml CMakeLists.txt $(wildcard kernels/*.cpp kernels/*.hpp)

.PHONY: conformance demo test test-lowest test-torch test-doors faults fuzz lint docs package bench sanitize clean

demo: $(VENV)/.installed
	$(MPIEXEC) -n 2 $(BIN)/hybrid run examples/water.toml
	rm -f demo.db
	$(MPIEXEC) -n 2 $(BIN)/hybrid run examples/noisy_h2.toml --journal demo.db
	$(BIN)/hybrid report demo.db -o demo.html

# The suite on one rank uses two processes, each for whole files.
test: $(VENV)/.tools
	$(BIN)/python -m pytest -n 2 --dist loadfile
	for ranks in 2 3 4; do \
	  echo "== the suite on $$ranks ranks" && \
	  OMP_NUM_THREADS=1 timeout 600 $(MPIEXEC) -n $$ranks $(BIN)/python -m pytest || exit 1; \
	done

# The suite on one rank with the lowest version of every dependency that pyproject.toml allows, in an
# environment of its own, which uv resolves.
LOWEST := .venv-lowest

test-lowest: $(LOWEST)/.installed
	OMP_NUM_THREADS=1 $(LOWEST)/bin/python -m pytest

$(LOWEST)/.installed: $(SOURCES)
	$(PYTHON) -m venv $(LOWEST)
	$(LOWEST)/bin/python -m pip install --quiet uv
	$(LOWEST)/bin/uv pip install --quiet --python $(LOWEST)/bin/python --resolution lowest-direct \
	  --only-binary :all: --no-binary hybrid-hpc-quantum --editable '.[$(EXTRAS),ml,cma]'
	$(LOWEST)/bin/uv pip install --quiet --python $(LOWEST)/bin/python 'pytest>=8,<10' 'hypothesis>=6.100,<7'
	touch $@

# hybrid.torch on one rank and on two, in an environment of its own. TORCH names a build of PyTorch: that
# of PyPI brings several GB of CUDA libraries, so the default is the one for CPUs, which pip finds with
# PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu.
TORCH ?= torch==2.13.0+cpu
OF_TORCH := tests/torch tests/calls/test_differentiable.py tests/docs/test_docstrings.py

test-torch: .venv-torch/.installed
	OMP_NUM_THREADS=1 .venv-torch/bin/python -m pytest $(OF_TORCH)
	OMP_NUM_THREADS=1 timeout 600 $(MPIEXEC) -n 2 .venv-torch/bin/python -m pytest $(OF_TORCH)

.venv-torch/.installed: $(VENV)/.installed $(SOURCES)
	$(PYTHON) -m venv .venv-torch
	.venv-torch/bin/python -m pip install --quiet '$(TORCH)'
	.venv-torch/bin/python -m pip install --quiet --editable '.[$(EXTRAS),ml,torch]'
	.venv-torch/bin/python -m pip install --quiet 'pytest>=8,<10' 'hypothesis>=6.100,<7'
	touch $@

# What comes from other libraries and goes to them: observables of OpenFermion and PennyLane, fake devices,
# TensorBoard and MLflow, in an environment of its own. Without these libraries their tests are skipped.
OF_DOORS := tests/operators tests/observers tests/simulators/device tests/loop/test_export.py

test-doors: .venv-doors/.installed
	OMP_NUM_THREADS=1 .venv-doors/bin/python -m pytest $(OF_DOORS)

.venv-doors/.installed: $(VENV)/.installed $(SOURCES)
	$(PYTHON) -m venv .venv-doors
	.venv-doors/bin/python -m pip install --quiet --editable '.[$(EXTRAS),ibm,pandas,tensorboard,mlflow]'
	.venv-doors/bin/python -m pip install --quiet openfermion pennylane 'pytest>=8,<10' 'hypothesis>=6.100,<7'
	touch $@

# Exceptions, fuzzed input, kills, lost ranks and the cost of the journal, at full length (an hour).
# KILLS, LOSSES and INPUTS set the counts. Lost ranks need Open MPI, in an environment of its own; the
# cost of the journal needs a machine that does nothing else meanwhile.
KILLS ?= 200
LOSSES ?= 50
INPUTS ?= 10000
FT := .venv-ft

faults: $(VENV)/.tools $(FT)/.installed
	$(BIN)/python -m tests.faults.exceptions
	$(BIN)/python -m tests.faults.fuzz --inputs $(INPUTS)
	$(BIN)/python -m tests.faults.kills --runs $(KILLS)
	$(FT)/bin/python -m tests.faults.losses --runs $(LOSSES)
	$(FT)/bin/python -m tests.faults.lost_calls
	$(BIN)/python -m tests.faults.overhead

# Random inputs against independent oracles, at length; ROUNDS sets how many of each kind.
ROUNDS ?= 20000

fuzz: $(VENV)/.tools
	$(BIN)/python -m tests.fuzz.circuits --count $(ROUNDS)
	$(BIN)/python -m tests.fuzz.caches --count $(ROUNDS)
	$(BIN)/python -m tests.fuzz.aer --count $(ROUNDS)
	$(BIN)/python -m tests.fuzz.noise --count $(ROUNDS)
	$(BIN)/python -m tests.fuzz.files --count $(ROUNDS)
	$(BIN)/python -m tests.faults.scripts

# The test suites of Qiskit's libraries with our primitives, beside Qiskit's own; an hour.
CONF := .venv-conf

conformance: $(CONF)/.installed
	$(CONF)/bin/python -m tests.conformance.run

$(CONF)/.installed: $(SOURCES)
	$(PYTHON) -m venv $(CONF)
	$(CONF)/bin/python -m pip install --quiet --editable '.[chemistry]' 'pytest>=8,<10' ddt \
	  qiskit-machine-learning==0.9.1 qiskit-ibm-runtime
	touch $@

$(FT)/.installed: $(SOURCES)
	$(PYTHON) -m venv $(FT)
	$(FT)/bin/python -m pip install --quiet --editable '.[chemistry,mpi-ft]'
	touch $@

# The documents as a site in build/docs, with warnings as errors.
docs: $(VENV)/.tools $(VENV)/.docs
	$(BIN)/python -m sphinx -q -W --keep-going -b html docs build/docs
	@echo "build/docs/index.html"

$(VENV)/.docs: docs/requirements.txt $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --requirement docs/requirements.txt
	touch $@

# An sdist, the wheel made from it, and the wheel in a clean environment, on two ranks and without MPI.
# LEVELS=v2;v3;v4 builds the kernels for all instruction sets, as without the setting.
LEVELS ?= v3
package: $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet build
	rm -rf build/dist
	$(BIN)/python -m build --outdir build/dist -C 'cmake.define.HYBRID_BUILDS=$(LEVELS)'
	$(BIN)/python packaging/check_wheel.py build/dist/*.whl

lint: $(VENV)/.tools
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/clang-format --dry-run --Werror $(wildcard kernels/*.cpp kernels/*.hpp)

# The peers live in an environment of their own; let nothing else run meanwhile.
bench: $(VENV)/.installed .venv-peers/.installed
	$(BIN)/python benchmarks/run.py --memory --write

.venv-peers/.installed: benchmarks/requirements-peers.txt
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/python -m pip install --quiet --requirement benchmarks/requirements-peers.txt
	touch $@

# The kernels' tests under the address and undefined-behaviour sanitizers, in a build of their own.
# All of them take many minutes; TESTS selects some.
TESTS ?= tests/kernels
RUNTIMES = $(foreach name,libasan.so libubsan.so libstdc++.so,$(shell $(CXX) -print-file-name=$(name)))
sanitize: $(VENV)/.tools
	$(BIN)/cmake -S . -B build/sanitize -DHYBRID_SANITIZE=ON -DCMAKE_BUILD_TYPE=RelWithDebInfo \
	  -DPython_EXECUTABLE=$(CURDIR)/$(BIN)/python
	$(BIN)/cmake --build build/sanitize --parallel 2
	$(BIN)/cmake --install build/sanitize \
	  --prefix "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("platlib"))')"
	HYBRID_KERNELS=sanitized LD_PRELOAD="$(RUNTIMES)" ASAN_OPTIONS=detect_leaks=0 \
	  UBSAN_OPTIONS=print_stacktrace=1 $(BIN)/python -m pytest -p no:faulthandler $(TESTS)

clean:
	rm -rf $(VENV) $(LOWEST) $(FT) $(CONF) .venv-torch .venv-peers build

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), "python >= 3.11 is needed"'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(VENV)/bin/python $(SOURCES)
	$(BIN)/python -m pip install --quiet --editable '.[$(EXTRAS)]'
	touch $@

$(VENV)/.tools: $(VENV)/.installed requirements-dev.txt
	$(BIN)/python -m pip install --quiet --requirement requirements-dev.txt
	touch $@
