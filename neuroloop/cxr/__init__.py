"""Chest X-rays: radiographs and their patients, classifiers, scores, shortcuts, figures."""
