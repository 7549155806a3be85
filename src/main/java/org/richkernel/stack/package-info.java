/**
 * A network as a stack of layers: fields of S samples on P points with their sources and readers,
 * each with its forward pass and its pull-back.
 *
 * <p>{@link org.richkernel.stack.LayerFields} holds phi and phi' of one layer. A {@link
 * org.richkernel.stack.Source} makes its preactivations: the inputs, or a link to the layer below.
 * A {@link org.richkernel.stack.Reader} takes its activations: a link to the layer above, or the
 * {@link org.richkernel.stack.Readout}. A {@link org.richkernel.stack.Link} is both, with
 * parameters of standard normal prior: whitened fields, or the weights themselves.
 */
package org.richkernel.stack;
