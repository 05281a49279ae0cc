"""HLA typings as they are written, and how well a donor's fits a patient's."""
