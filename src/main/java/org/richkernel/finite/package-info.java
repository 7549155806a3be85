/** Networks of finite width: the experiments that the theories are compared with. */
package org.richkernel.finite;
