"""Two handwritten digits, told apart by a circuit of four qubits.

The images are scikit-learn's; their four main components are the angles of the circuit. The samples
are split over the ranks.

python examples/learn/digits.py
mpiexec -n 2 python -m hybrid examples/learn/digits.py
"""

import numpy as np
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from hybrid.learn import Classifier, Kernel

images, digits = load_digits(return_X_y=True)
chosen = np.isin(digits, (3, 8))
images, unseen, digits, answers = train_test_split(
    images[chosen], digits[chosen], test_size=0.25, random_state=0
)

models = {
    "circuit": Classifier("reuploading", layers=2, max_iterations=40, random_state=7),
    "kernel": SVC(kernel=Kernel("angle", kind="projected")),
    "logistic regression": LogisticRegression(),
}
for name, model in models.items():
    pipeline = make_pipeline(PCA(4, random_state=0), StandardScaler(), model)
    pipeline.fit(images, digits)
    print(
        f"{name:>20}: {pipeline.score(unseen, answers):.1%} of the unseen digits are read rightly"
    )
