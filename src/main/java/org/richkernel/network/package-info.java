/**
 * The network and its data: depth, activation, prior, inputs, targets. Immutable values, validated
 * at construction.
 */
package org.richkernel.network;
