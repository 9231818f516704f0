/** For who sends more than anybody should. */
export const UNLIMITED = {
  FAIRLEAD_OPERATIONS_PER_MINUTE: '0',
  FAIRLEAD_OBJECTS_PER_MINUTE: '0',
  FAIRLEAD_SIGN_INS_PER_MINUTE: '0',
} as const;
