import { callerIn } from './caller.ts';
import { go } from './languages.ts';

callerIn(go);
