"""Knowledge distillation: images, teachers, students, and what each teacher adds."""
