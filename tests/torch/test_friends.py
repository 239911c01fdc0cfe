"""The layer in PyTorch Lightning and skorch, which know nothing of it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.torch.test_train import data, model

torch = pytest.importorskip("torch", reason="PyTorch is not installed")


def test_lightning(tmp_path: Any) -> None:
    lightning = pytest.importorskip(
        "pytorch_lightning", reason="PyTorch Lightning is not installed"
    )

    class Lit(lightning.LightningModule):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.model = model()

        def training_step(self, batch: Any, index: int) -> Any:
            x, y = batch
            return torch.nn.functional.mse_loss(self.model(x), y)

        def configure_optimizers(self) -> Any:
            return torch.optim.Adam(self.parameters(), lr=0.05)

    module, (x, y) = Lit(), data()
    before = torch.nn.functional.mse_loss(module.model(x), y).item()
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, y), batch_size=10)
    trainer = lightning.Trainer(
        max_epochs=6, accelerator="cpu", logger=False, enable_progress_bar=False,
        enable_model_summary=False, default_root_dir=tmp_path, enable_checkpointing=True,
    )  # fmt: skip
    trainer.fit(module, loader)
    assert torch.nn.functional.mse_loss(module.model(x), y).item() < 0.5 * before
    assert list(tmp_path.rglob("*.ckpt"))


def test_skorch() -> None:
    skorch = pytest.importorskip("skorch", reason="skorch is not installed")
    from sklearn.model_selection import GridSearchCV

    x, y = data(60)
    net = skorch.NeuralNetRegressor(
        model(), max_epochs=5, lr=0.05, optimizer=torch.optim.Adam, batch_size=10, verbose=0
    )
    search = GridSearchCV(net, {"lr": [1e-6, 0.05]}, cv=2)
    search.fit(x.numpy(), y.numpy())
    assert search.best_params_ == {"lr": 0.05}
