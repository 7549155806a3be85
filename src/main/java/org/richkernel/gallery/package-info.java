/**
 * The figures of the papers, one page each: the runs behind a figure as ordinary command lines, the
 * pictures made of their results, and expectations that are judged by numbers with their errors.
 */
@org.jspecify.annotations.NullMarked
package org.richkernel.gallery;
