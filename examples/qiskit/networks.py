"""Neural networks of qiskit-machine-learning on hybrid; needs qiskit-machine-learning.

Run it with ``python``, or ``mpiexec -n 2 python``.
"""

import numpy as np
from qiskit.circuit.library import real_amplitudes, zz_feature_map
from qiskit_machine_learning.algorithms import NeuralNetworkClassifier
from qiskit_machine_learning.neural_networks import EstimatorQNN, SamplerQNN
from qiskit_machine_learning.optimizers import L_BFGS_B

import hybrid

random = np.random.default_rng(7)
data = random.uniform(-1.0, 1.0, (20, 2))
labels = np.where(data[:, 0] * data[:, 1] > 0, 1, -1)
features, weights = zz_feature_map(2), real_amplitudes(2, reps=1)
circuit = features.compose(weights)
inputs = {"input_params": features.parameters, "weight_params": weights.parameters}

network = EstimatorQNN(
    circuit=circuit,
    estimator=hybrid.Estimator(),  # instead of StatevectorEstimator()
    gradient=hybrid.EstimatorGradient(),  # instead of ParamShiftEstimatorGradient(estimator)
    default_precision=0.0,
    **inputs,
)
start = [0.1] * weights.num_parameters
classifier = NeuralNetworkClassifier(network, optimizer=L_BFGS_B(maxiter=20), initial_point=start)
print(f"EstimatorQNN: {classifier.fit(data, labels).score(data, labels):.2f} classified correctly")

sampled = SamplerQNN(
    circuit=circuit,
    sampler=hybrid.Sampler(seed=7),  # instead of StatevectorSampler(seed=7)
    interpret=lambda outcome: outcome.bit_count() % 2,
    output_shape=2,
    **inputs,
)
print("SamplerQNN: probabilities of parities", sampled.forward(data[0], start).round(2)[0])
