/** What is being described: depth, activation, prior. Immutable values, validated when made. */
package org.richkernel.network;
