/**
 * Files in and out, arrays in and out: readers for IDX, .npy, .npz and CSV, writers for .npy and
 * .npz, and the data sets that the theories work on.
 *
 * <p>Every problem of an input file is an {@link org.richkernel.data.InvalidDataException}, every
 * bad option value an {@link org.richkernel.network.InvalidProblemException}, and every failure to
 * write an {@link java.io.UncheckedIOException}. Rows, columns and lines are counted from 1 in
 * messages.
 */
package org.richkernel.data;
