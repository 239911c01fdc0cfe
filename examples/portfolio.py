"""Portfolio selection by QAOA: four of ten stocks, by the mean and covariance of five years.

python examples/portfolio.py
mpiexec -n 2 python -m hybrid examples/portfolio.py
"""

from pathlib import Path

import hybrid
from hybrid.problems import Portfolio

stocks = Portfolio.from_csv(Path(__file__).parent / "data" / "stocks_10.csv", budget=4, risk=0.5)
problem = hybrid.QAOA(
    stocks.cost(),
    depth=3,
    mixer=hybrid.XYMixer(ones=stocks.budget),  # every sample has four ones
    objective=hybrid.CVaR(0.2),  # the mean of the best 20 % of the samples
)
result = hybrid.minimize(problem, seed=7)
print(result)

counts = hybrid.sample(problem.circuit, result.x, shots=1000, seed=7)
found, best = stocks.interpret(counts), stocks.best()
print(stocks.chart(counts))
print(f"best sample {found.value:.6f}: {', '.join(stocks.chosen(found.bitstring))}")
print(f"best choice {best.value:.6f}: {', '.join(stocks.chosen(best.bitstring))}")
