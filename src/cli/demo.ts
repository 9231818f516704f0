export const summary = '';
export const run = async () => 0;
