/**
 * Word embeddings: continuous bags of words with negative sampling in the exact infinite-width
 * limit, and at finite widths with the same draws.
 */
package org.richkernel.limit.words;
