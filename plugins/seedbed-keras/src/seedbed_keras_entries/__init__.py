"""What Keras has and core lacks, and Keras's own names; nothing in here imports Keras."""
