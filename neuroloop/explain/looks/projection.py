"""Projections of embeddings onto a plane, and how much of their neighbourhoods is kept."""

from typing import NamedTuple

import numpy as np

from neuroloop.explain.attribution.not_applicable import NotApplicable
from neuroloop.explain.looks.neighbours import nearest
from neuroloop.jobs.seeds import derive_seed, numpy_generator

#: Fewest rows whose neighbourhoods a plane can keep or lose.
FEWEST = 5


class Preservation(NamedTuple):
    """How much of the neighbourhoods a projection keeps.

    Attributes
    ----------
    kept : float
        Share of each row's k nearest neighbours that are among its k nearest on the plane.
    trustworthiness : float
        1 less a penalty for each neighbour on the plane that is none among the embeddings, by its
        rank there (Venna & Kaski 2001, "Neighborhood preservation in nonlinear projection methods",
        equation 1): 1 at best.
    k : int
    """

    kept: float
    trustworthiness: float
    k: int


def tsne(embeddings: np.ndarray, seed: int, perplexity: float = 30.0) -> np.ndarray:
    """Project embeddings by t-SNE (van der Maaten & Hinton 2008), by openTSNE.

    From a start by principal components (Kobak & Berens 2019, Nat. Commun. 10:5416), with exact
    neighbours, on one thread: the same seed gives the same bytes.

    Parameters
    ----------
    embeddings : ndarray, shape (n, features)
    seed : int
    perplexity : float
        At most (n - 1) / 3 is used.

    Returns
    -------
    ndarray of float64, shape (n, 2)

    Raises
    ------
    NotApplicable
        If there are fewer than 5 rows, or all are the same.
    """
    rows = _rows(embeddings)
    if rows.shape[1] == 1:
        rows = np.pad(rows, ((0, 0), (0, 1)))  # principal components are two
    from openTSNE import TSNE

    made = TSNE(
        perplexity=min(perplexity, (len(rows) - 1) / 3),
        initialization="pca",
        neighbors="exact",
        n_jobs=1,
        random_state=_short_seed(seed, "t-SNE"),
    ).fit(rows)
    return np.array(made, dtype=np.float64)


def umap(embeddings: np.ndarray, seed: int, neighbours: int = 15) -> np.ndarray:
    """Project embeddings by UMAP (McInnes et al. 2018, arXiv:1802.03426), if it is installed.

    Parameters
    ----------
    embeddings : ndarray, shape (n, features)
    seed : int
    neighbours : int
        At most n - 1 are used.

    Returns
    -------
    ndarray of float64, shape (n, 2)

    Raises
    ------
    NotApplicable
        If the package umap-learn is not installed, there are less than 5 rows, or all are the same.
    """
    rows = _rows(embeddings)
    try:
        from umap import UMAP
    except ImportError as error:
        raise NotApplicable(
            f"UMAP cannot be imported ({error}): pip install umap-learn, or take t-SNE"
        ) from error
    made = UMAP(
        n_neighbors=min(neighbours, len(rows) - 1),
        random_state=_short_seed(seed, "UMAP"),
        n_jobs=1,
    ).fit_transform(rows)
    return np.asarray(made, dtype=np.float64)


def random_projection(embeddings: np.ndarray, seed: int) -> np.ndarray:
    """Project embeddings onto two random directions, as a baseline.

    Parameters
    ----------
    embeddings : ndarray, shape (n, features)
    seed : int

    Returns
    -------
    ndarray of float64, shape (n, 2)
    """
    rows = np.asarray(embeddings, dtype=np.float64)
    drawn = numpy_generator(seed, "random projection").standard_normal((rows.shape[1], 2))
    return rows @ drawn


def preservation(embeddings: np.ndarray, points: np.ndarray, k: int = 10) -> Preservation:
    """Compare neighbourhoods, by Euclidean distance, of embeddings and of points on a plane.

    Parameters
    ----------
    embeddings : ndarray, shape (n, features)
    points : ndarray, shape (n, 2)
    k : int
        At most (n - 1) // 2 are used, of which trustworthiness is defined.

    Returns
    -------
    Preservation

    Raises
    ------
    NotApplicable
        If there are fewer than 5 rows, or all are the same.
    """
    rows = _rows(embeddings)
    k = min(k, (len(rows) - 1) // 2)
    before, after = (nearest(part, k, "euclidean")[0] for part in (rows, points))
    kept = (before[:, :, None] == after[:, None, :]).any(axis=2).mean()
    from sklearn.manifold import trustworthiness

    return Preservation(float(kept), float(trustworthiness(rows, points, n_neighbors=k)), k)


def _rows(embeddings: np.ndarray) -> np.ndarray:
    rows = np.asarray(embeddings, dtype=np.float64)
    if len(rows) < FEWEST or (rows == rows[:1]).all():
        raise NotApplicable(
            f"{len(rows)} embeddings, at least {FEWEST} of which not all are the same are needed "
            "for a projection: take more images"
        )
    return rows


def _short_seed(seed: int, name: str) -> int:
    """What NumPy's older generators take, which both libraries use."""
    return derive_seed(seed, name) % 2**32
