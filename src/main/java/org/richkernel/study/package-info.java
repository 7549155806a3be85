/**
 * Studies over widths, tasks and phases that are no single fit: abc-parametrizations and their
 * coordinate checks, finite networks of several widths, meta-learning, word embeddings, and the
 * edge of chaos. Each has a builder and the results it writes.
 */
package org.richkernel.study;
